import { setTimeout as delay } from "node:timers/promises";
import { isRunning } from "./process-ids.ts";
import { endLeftovers } from "./processes.ts";
import { forgetStack, runningStack, stackDir } from "./stack-record.ts";

const running = runningStack();
if (running) {
  process.kill(running.pid, "SIGTERM");
  for (const deadline = Date.now() + 30_000; isRunning(running) && Date.now() < deadline; ) await delay(50);
  if (isRunning(running)) process.kill(running.pid, "SIGKILL");
}
const ended = await endLeftovers(stackDir);
forgetStack();
if (running) console.log("the stack is down");
else if (ended.length > 0) console.log(`ended what a killed stack left behind: ${ended.join(", ")}`);
else console.log("no stack of this checkout is up");
