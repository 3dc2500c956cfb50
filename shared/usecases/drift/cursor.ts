/** A page of a list in the order of its keys. */
export interface Page<T> {
  items: T[];
  next?: string | undefined;
  /** The list had to begin again: what was walked before comes once more. */
  again?: boolean;
}

/** A page that was asked for. */
interface Asked<T> {
  token: string | undefined;
  page: Promise<Page<T>>;
}

/**
 * Walks a list that comes in pages, and reads ahead: while a page is at hand, the next; while none is, the one behind that which
 * came, too. So no more than two pages are held. `at` names the page to begin with (as `token` told it once). Throws where the
 * list is not in order: what is joined on it would be wrong.
 */
export class Cursor<T> {
  readonly #fetch: (token: string | undefined) => Promise<Page<T>>;
  readonly #keyOf: (item: T) => string;
  #items: T[] = [];
  #index = 0;
  #token: string | undefined;
  /** Pages ahead, in their order. */
  readonly #ahead: Asked<T>[] = [];
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
    return this.#hasHead() || this.#ahead.length === 0 ? undefined : this.#turn();
  }

  /** Resolves when nothing of it is under way any more. */
  async settled(): Promise<void> {
    // Also what is asked for meanwhile: it stands behind.
    for (const { page } of this.#ahead) await page.catch(() => {});
  }

  #hasHead(): boolean {
    return this.#index < this.#items.length;
  }

  async #turn(): Promise<void> {
    for (let asked = this.#ahead[0]; asked !== undefined && !this.#hasHead(); asked = this.#ahead[0]) {
      const { items, next, again = false } = await asked.page;
      this.#ahead.shift();
      this.#again ||= again;
      [this.#items, this.#index, this.#token] = [this.#inOrder(items), 0, again ? undefined : asked.token];
      if (next !== undefined && this.#ahead.length === 0) this.#ask(next);
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
    const asked: Asked<T> = { token, page: this.#fetch(token) };
    this.#ahead.push(asked);
    const came = (page: Page<T>): void => {
      // Nobody turned to it yet; but where nothing else is at hand, it is as good as that.
      if (page.next !== undefined && this.#ahead.length === 1 && !this.#hasHead()) this.#ask(page.next);
    };
    asked.page.then(came, () => {}); // A failure is told to who turns to this page.
  }
}
