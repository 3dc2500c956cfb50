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
