import { LARGE_ITEM_BYTES } from "../../../support/table-limits.ts";
import type { World } from "../world.ts";

/** What grows has a bound, or items of its own: no item comes near to what DynamoDB takes. */
export function boundedItems({ table, directory }: World): string[] {
  const large = [...table.limits.large, ...directory.limits.large];
  return large.map(([name, bytes]) => `the item ${name} has ${bytes} bytes, more than ${LARGE_ITEM_BYTES}`);
}

/** No loop goes round without a pause. */
export const pauses = ({ pace }: World): string[] => [...pace.loops];
