import { join } from "node:path";
import { issuerBeside, mintUserToken } from "./kubernetes/user-token.ts";
import { runningStack, stackDir } from "./stack-record.ts";

// Prints a token by which the cluster of `npm start` knows a user, for an hour.
const [userId, ...more] = process.argv.slice(2);
if (userId === undefined || more.length > 0) {
  console.error("usage: npm run -s user-token -- <userId>, such as anna@example.com");
  process.exit(2);
}
if (!runningStack()) {
  console.error("no stack of this checkout is up. Remedy: `npm start`");
  process.exit(1);
}
console.log(await mintUserToken(await issuerBeside(join(stackDir, "kubernetes", "admin.kubeconfig")), userId));
