import * as z from "zod";

/** Lists told page by page: the letter that their cursors begin with, and what a position in them looks like. */
const lists = {
  /** After this tenant. */
  tenants: { letter: "t", position: "[a-z0-9-]{1,40}" },
  /** Before this sequence. */
  events: { letter: "e", position: "[1-9]\\d{0,11}" },
  /** After this grant, in base64url; as a key it stays below DynamoDB's 1,024 bytes. */
  grants: { letter: "g", position: "[\\w-]{2,1200}" },
} as const;
type List = keyof typeof lists;

/** `cursor` of a query, read as the position: whatever fits the pattern is one. */
export function cursorOf(list: List) {
  const { letter, position } = lists[list];
  return z
    .string()
    .regex(new RegExp(`^${letter}\\.${position}$`), "a cursor that this list gave")
    .transform((cursor) => cursor.slice(letter.length + 1))
    .optional()
    .meta({ description: "`nextCursor` of the page before." });
}

/** `nextCursor` of an answer; absent where there is no next page. */
export const nextCursorOf = (list: List, position: string | undefined): { nextCursor?: string } =>
  position === undefined ? {} : { nextCursor: `${lists[list].letter}.${position}` };
