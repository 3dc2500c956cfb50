import { createHash } from "node:crypto";

/** Maps a text to (0, 1), evenly and always the same. */
export function evenly(text: string): number {
  return (createHash("sha256").update(text).digest().readUInt32BE(0) + 1) / (2 ** 32 + 1);
}
