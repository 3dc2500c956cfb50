import { afterAll, beforeAll, test } from "@jest/globals";

/**
 * Declares one test a scenario, and runs them all at the same time: for scenarios that mostly wait and do not disturb each other.
 * `after` runs once all have ended.
 * @param seconds the longest that one may take
 */
export function sideBySide(
  scenarios: Record<string, () => Promise<void>>,
  seconds: number,
  after: () => Promise<void> = async () => {},
): void {
  const results = new Map<string, Promise<unknown>>();
  beforeAll(() => {
    for (const [title, run] of Object.entries(scenarios))
      results.set(
        title,
        run().then(
          () => undefined,
          (error: unknown) => error,
        ),
      );
  });
  afterAll(async () => {
    await Promise.all(results.values());
    await after();
  }, seconds * 1_000);
  test.each(Object.keys(scenarios))(
    "%s",
    async (title) => {
      const error = await results.get(title);
      if (error !== undefined) throw error;
    },
    seconds * 1_000,
  );
}
