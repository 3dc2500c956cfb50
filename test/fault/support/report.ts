/** Prints what was injected and what held: past jest, so that it stands in the suite's output. */
export function report(title: string, lines: string[]): void {
  process.stdout.write(`\n${title}\n${lines.map((line) => `  ${line}\n`).join("")}`);
}
