/** The values of all, once each of them has ended: nothing goes on past the return. Throws the first failure. */
export async function whenAllEnded<T>(works: Promise<T>[]): Promise<T[]> {
  const ended = await Promise.allSettled(works);
  return ended.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}
