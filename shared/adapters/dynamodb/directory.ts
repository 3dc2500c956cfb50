import type { Directory } from "../../ports.ts";
import { directoryGroups } from "./directory-groups.ts";
import { directoryMembers } from "./directory-members.ts";
import { directoryUsers } from "./directory-users.ts";
import type { Table } from "./table.ts";

/** People, groups and memberships in the table. */
export const createDirectory = (table: Table): Directory => ({
  ...directoryUsers(table),
  ...directoryGroups(table),
  ...directoryMembers(table),
});
