/** A page of a list in the order of its keys. */
export interface Page<T> {
  items: T[];
  next?: string | undefined;
  /** The list had to begin again: what was walked before comes once more. */
  again?: boolean;
}

/**
 * Walks a list that comes in pages, one page read ahead; so no more than two pages are held. `at` names the page to
 * begin with (as `token` told it once). Throws where the list is not in order: what is joined on it would be wrong.
 */
export class Cursor<T> {
  readonly #fetch: (token: string | undefined) => Promise<Page<T>>;
  readonly #keyOf: (item: T) => string;
  #items: T[] = [];
  #index = 0;
  #token: string | undefined;
  #next: { token: string | undefined; page: Promise<Page<T>> } | undefined;
  #last = "";
  #again = false;

  constructor(fetch: (token: string | undefined) => Promise<Page<T>>, keyOf: (item: T) => string, at?: string | undefined) {
    this.#fetch = fetch;
    this.#keyOf = keyOf;
    this.#token = at;
    this.#ask(at);
  }

  /** The item at hand; `undefined` at the end. Only after `ready`. */
  get head(): T | undefined {
    return this.#items[this.#index];
  }

  /** The page that `head` is on. */
  get token(): string | undefined {
    return this.#token;
  }

  advance(): void {
    this.#index += 1;
  }

  /** To be awaited before `head`; `undefined` where nothing is to be waited for. */
  ready(): Promise<void> | undefined {
    return this.#index < this.#items.length || this.#next === undefined ? undefined : this.#turn();
  }

  /** Resolves when nothing of it is under way any more. */
  async settled(): Promise<void> {
    await this.#next?.page.catch(() => {});
  }

  async #turn(): Promise<void> {
    while (this.#index >= this.#items.length && this.#next !== undefined) {
      const { token, page } = this.#next;
      const { items, next, again = false } = await page;
      this.#next = undefined;
      if (next !== undefined) this.#ask(next);
      this.#again ||= again;
      [this.#items, this.#index, this.#token] = [this.#inOrder(items), 0, again ? undefined : token];
    }
  }

  #inOrder(items: T[]): T[] {
    const walked = this.#last;
    const fresh = this.#again ? items.filter((item) => this.#keyOf(item) > walked) : items;
    for (const item of fresh) {
      const key = this.#keyOf(item);
      if (key < this.#last) throw new Error(`A list is not in the order of its keys: "${key}" after "${this.#last}".`);
      this.#last = key;
    }
    return fresh;
  }

  #ask(token: string | undefined): void {
    const page = this.#fetch(token);
    page.catch(() => {}); // Told to who turns to this page.
    this.#next = { token, page };
  }
}
