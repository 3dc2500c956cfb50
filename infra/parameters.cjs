// Parameters are text where they come from the command line.

/** What stands between commas. */
exports.list = (text) =>
  String(text)
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean);

/** Throws for what is neither: `--param="deletionProtection=no"` must not mean yes. */
exports.flag = async ({ resolveVariable }, name) => {
  const given = String(await resolveVariable(`param:${name}`));
  if (given !== "true" && given !== "false") throw new Error(`the parameter ${name} is "${given}"; it is true or false`);
  return given === "true";
};

/** Throws for what is no whole number, or below the least. */
exports.count = async ({ resolveVariable }, name, least = 1) => {
  const given = String(await resolveVariable(`param:${name}`)).trim();
  if (!/^\d+$/.test(given) || Number(given) < least)
    throw new Error(`the parameter ${name} is "${given}"; it is a whole number, ${least} or more`);
  return Number(given);
};

const REMOVALS = ["RetainExceptOnCreate", "Retain", "Delete"];

/** What becomes of data when the stack is removed. Throws for what CloudFormation does not know. */
exports.dataRemoval = async ({ resolveVariable }) => {
  const given = await resolveVariable("param:dataRemoval");
  if (!REMOVALS.includes(given)) throw new Error(`the parameter dataRemoval is "${given}"; it is ${REMOVALS.join(", ")}`);
  return given;
};
