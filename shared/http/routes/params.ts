import * as z from "zod";
import { clusterName, role, userId } from "../../../events/bodies/fields.ts";
import { decodeUserId } from "../../domain/access.ts";
import { tenantIdSchema } from "../../domain/tenant-id.ts";
import { cursorOf } from "../cursor.ts";

export const tenantPath = z.strictObject({ tenantId: tenantIdSchema });
const userIdRule = "a user id as it is; as ~<base64url> if it holds / % ? # or \\, begins with ~, or is . or ..";

/** `userId` as it is, or as `~<base64url>` where a path would not keep it. */
const userIdInPath = z
  .string()
  .regex(/^(~[\w-]+|(?!\.{1,2}$)[^/%?#\\~][^/%?#\\]*)$/, userIdRule)
  .transform((name, context) => {
    const id = decodeUserId(name);
    if (id === undefined) context.addIssue(userIdRule);
    return id ?? "";
  })
  .pipe(userId);
export const grantPath = tenantPath.extend({ userId: userIdInPath, role });

/** A provider as the configuration names it. */
export const providerPath = z.strictObject({ provider: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/) });

export const clusterPath = z.strictObject({ name: clusterName });

const limit = z
  .string()
  .regex(/^([1-9]\d?|100)$/, "a whole number from 1 to 100")
  .default("25")
  .transform(Number)
  .meta({ description: "How many at most, 1 to 100; 25 where absent." });

/** `?dryRun=true`: answer what would change, and change nothing. */
export const dryRun = z.strictObject({
  dryRun: z.enum(["true", "false"]).optional().meta({ description: "Answer the plan, and change nothing." }),
});

/** How a list told page by page is asked. */
export const pageOf = (list: Parameters<typeof cursorOf>[0]) => z.strictObject({ limit, cursor: cursorOf(list) });
