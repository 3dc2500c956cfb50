import { userId as userIdSchema } from "../../../events/bodies/fields.ts";
import type { DirectoryUser } from "../../domain/identity.ts";
import type { Platform } from "../../domain/platform.ts";

/** The user id of a person's grants, as the provider's configuration says; `undefined` where it is missing, or none that may be granted to. */
export function userIdOf(user: DirectoryUser, { platform }: { platform: Platform }): string | undefined {
  const field = platform.identity.providers[user.provider]?.userId ?? "userName";
  const id = field === "userName" && user.nameless === true ? undefined : user[field];
  return userIdSchema.safeParse(id).success ? id : undefined;
}
