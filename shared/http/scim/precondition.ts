import { TenantryError } from "../../domain/errors.ts";

const tagsOf = (header: string): string[] => header.split(",").map((tag) => tag.trim().replace(/^W\//, ""));

/** The version that the caller saw, by `If-Match`: `undefined` for none and for `*`. Throws `PreconditionFailed` for a tag that was never given. */
export function versionSeen(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === "*") return undefined;
  const [version] = tagsOf(header).flatMap((tag) => /^"(\d{1,15})"$/.exec(tag)?.slice(1) ?? []);
  if (version === undefined) throw new TenantryError("PreconditionFailed", "If-Match names an entity tag that was never given here.");
  return Number(version);
}

/** Whether the caller has this version already, by `If-None-Match`. */
export const isSeen = (header: string | undefined, { version }: { version: number }): boolean =>
  header !== undefined && (header.trim() === "*" || tagsOf(header).includes(`"${version}"`));
