import type * as z from "zod";
import type { InputIssue } from "./errors.ts";

/** The most mistakes that one answer lists. */
const most = 50;

/**
 * A schema's complaints as JSON Pointers (RFC 6901), one for each unknown field, and for each place its first alone.
 * @param prefix where the checked value lies in what the caller sent
 */
export function toIssues(error: z.ZodError, prefix: readonly PropertyKey[] = []): InputIssue[] {
  const issues: InputIssue[] = [];
  for (const issue of error.issues) {
    const path = [...prefix, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) issues.push({ pointer: pointerTo([...path, key]), detail: "unknown field" });
    } else if (issue.code === "invalid_key") {
      issues.push({ pointer: pointerTo(path), detail: issue.issues[0]?.message ?? issue.message });
    } else {
      issues.push({ pointer: pointerTo(path), detail: issue.message });
    }
  }
  const first = new Map(issues.toReversed().map((issue) => [issue.pointer, issue]));
  return issues.filter((issue) => first.get(issue.pointer) === issue).slice(0, most);
}

/** The JSON Pointer to a path: `["labels", "a/b"]` is `/labels/a~1b`. */
export function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
