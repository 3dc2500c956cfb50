/** Numbers in [0, 1) that a seed decides: the same seed, the same injections in the same order. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `TENANTRY_SEED` repeats a run's draws. */
export const seedOfRun = (): number => Number(process.env["TENANTRY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
