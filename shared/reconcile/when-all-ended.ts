/** The values of all, once each of them has ended: nothing goes on past the return. Throws the first failure. */
export async function whenAllEnded<T>(works: Promise<T>[]): Promise<T[]> {
  return allOf(await Promise.allSettled(works));
}

/** The values of what has settled. Throws the first failure. */
export function allOf<T>(settled: PromiseSettledResult<T>[]): T[] {
  return settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}
