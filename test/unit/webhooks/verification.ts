import { describe, expect, test } from "@jest/globals";
import type { Delivery, Verdict, WebhookFormat } from "../../../shared/webhooks/format.ts";

export const now = new Date("2030-01-31T12:00:00.000Z");
const MINUTE_MS = 60_000;

/** A genuine delivery, dated `at`, by `secret`, of `body` where one is given. */
export type Signed = (options: { secret: string; at: Date; body?: string }) => Delivery;

/** What every format refuses, and what it takes. `pastMinutes`: how old a message may be. */
export function verificationContract(
  name: string,
  format: WebhookFormat,
  sign: Signed,
  { secrets, pastMinutes, signsBody }: { secrets: [string, string]; pastMinutes: number; signsBody: boolean },
): void {
  const [secret, other] = secrets;
  const verdict = (delivery: Delivery, valid: readonly string[] = [secret], at = now): string => {
    const found: Verdict = format.verify(delivery, valid, at);
    return "authentic" in found ? "authentic" : "refused" in found ? "refused" : "malformed";
  };
  const genuine = sign({ secret, at: now });
  const at = (minutes: number) => new Date(now.getTime() + minutes * MINUTE_MS);

  describe(`${name}: verification`, () => {
    test("takes a genuine message and tells its id, the same one each time", () => {
      const found = format.verify(genuine, [secret], now);
      expect(found).toEqual({ authentic: true, id: expect.stringMatching(/^[\x21-\x7e]{1,256}$/) });
      expect(format.verify(genuine, [secret], now)).toEqual(found);
    });

    test("takes either of two valid secrets, and neither once the other alone is valid", () => {
      for (const signer of secrets) expect(verdict(sign({ secret: signer, at: now }), secrets)).toBe("authentic");
      expect(verdict(sign({ secret: other, at: now }), [secret])).toBe("refused");
      expect(verdict(genuine, [other])).toBe("refused");
    });

    test("refuses everything while there is no secret", () => expect(verdict(genuine, [])).toBe("refused"));

    test("refuses a header with any one bit flipped, and without any one header", () => {
      for (const [header, value = ""] of Object.entries(genuine.headers)) {
        expect(verdict({ ...genuine, headers: { ...genuine.headers, [header]: undefined } })).toBe("refused");
        if (header === "webhook-id") continue;
        for (const index of [0, Math.floor(value.length / 2), value.length - 2]) {
          const flipped = value.slice(0, index) + String.fromCharCode(value.charCodeAt(index) ^ 1) + value.slice(index + 1);
          expect([header, flipped, verdict({ ...genuine, headers: { ...genuine.headers, [header]: flipped } })]).toEqual([
            header,
            flipped,
            "refused",
          ]);
        }
      }
    });

    if (signsBody)
      test("refuses a body with any one bit flipped", () => {
        for (let index = 0; index < genuine.body.length; index += 7) {
          const body = Buffer.from(genuine.body);
          body.writeUInt8(body.readUInt8(index) ^ (1 << (index % 8)), index);
          expect(verdict({ ...genuine, body })).toBe("refused");
        }
      });

    test(`refuses what is older than ${pastMinutes} minutes or more than 5 ahead, and takes what is just within`, () => {
      for (const minutes of [-pastMinutes, 0, 5]) expect(verdict(sign({ secret, at: at(minutes) }))).toBe("authentic");
      for (const minutes of [-pastMinutes - 0.1, 5.1, 1e6, -1e6]) expect(verdict(sign({ secret, at: at(minutes) }))).toBe("refused");
    });

    test("tells a signed body that is no JSON object from one that is", () => {
      for (const body of ["", "no JSON", "[]", "null", '"text"', "\u0000"]) {
        const found = verdict(sign({ secret, at: now, body }));
        expect(found).toBe("malformed");
      }
    });
  });
}
