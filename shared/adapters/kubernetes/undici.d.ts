// The pool alone: undici's index carries its fetch, caches, mocks and WebSockets into every bundle (docs/adr/0002).
declare module "undici/lib/dispatcher/pool.js" {
  import type { Pool } from "undici";
  const pool: typeof Pool;
  export default pool;
}
