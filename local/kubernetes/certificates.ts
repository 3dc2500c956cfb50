import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";

/** A certificate and its private key, both PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

export interface Authority extends Certificate {
  issue(request: CertificateRequest): Certificate;
}

export interface CertificateRequest {
  commonName: string;
  /** Kubernetes reads these as the groups of a client. */
  organizations?: string[];
  /** DNS names and IP addresses of a server; none makes a client certificate. */
  hosts?: string[];
}

// X.509 in DER, as far as one throw-away CA needs it (RFC 5280).
const tag = { boolean: 1, integer: 2, bitString: 3, octetString: 4, oid: 6, utf8: 12, utcTime: 23, sequence: 48, set: 49 } as const;

function der(kind: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 128) return Buffer.concat([Buffer.from([kind, body.length]), body]);
  const length = Buffer.from(body.length.toString(16).padStart(body.length > 0xffff ? 6 : body.length > 0xff ? 4 : 2, "0"), "hex");
  return Buffer.concat([Buffer.from([kind, 128 + length.length]), length, body]);
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const digits = [part & 127];
    for (let left = part >> 7; left > 0; left >>= 7) digits.unshift((left & 127) | 128);
    bytes.push(...digits);
  }
  return der(tag.oid, Buffer.from(bytes));
}

const sequence = (...content: Buffer[]): Buffer => der(tag.sequence, ...content);
const bits = (content: Buffer, unused = 0): Buffer => der(tag.bitString, Buffer.from([unused]), content);
const utcTime = (date: Date): Buffer =>
  der(
    tag.utcTime,
    Buffer.from(
      `${date
        .toISOString()
        .replace(/[-:T]|\.\d+/g, "")
        .slice(2)}`,
    ),
  );
const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"));

function distinguishedName(commonName: string, organizations: string[] = []): Buffer {
  const attribute = (type: string, value: string): Buffer => der(tag.set, sequence(oid(type), der(tag.utf8, Buffer.from(value))));
  return sequence(...organizations.map((value) => attribute("2.5.4.10", value)), attribute("2.5.4.3", commonName));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [der(tag.boolean, Buffer.from([255]))] : [];
  return sequence(oid(id), ...flag, der(tag.octetString, value));
}

function subjectAltNames(hosts: string[]): Buffer {
  const names = hosts.map((host) => {
    if (isIP(host) === 4) return der(0x87, Buffer.from(host.split(".").map(Number)));
    return der(0x82, Buffer.from(host));
  });
  return extension("2.5.29.17", false, sequence(...names));
}

const pem = (label: string, bytes: Buffer): string =>
  `-----BEGIN ${label}-----\n${bytes.toString("base64").replace(/.{64}(?=.)/g, "$&\n")}\n-----END ${label}-----\n`;

interface Body {
  subject: Buffer;
  issuer: Buffer;
  publicKey: KeyObject;
  signer: KeyObject;
  extensions: Buffer[];
}

function certificate({ subject, issuer, publicKey, signer, extensions }: Body): string {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 1;
  const body = sequence(
    der(0xa0, der(tag.integer, Buffer.from([2]))),
    der(tag.integer, serial),
    ecdsaWithSha256,
    issuer,
    sequence(utcTime(new Date(Date.now() - 3_600_000)), utcTime(new Date(Date.now() + 365 * 86_400_000))),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  return pem("CERTIFICATE", sequence(body, ecdsaWithSha256, bits(sign("sha256", body, signer))));
}

const keyPair = () => generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const keyPem = (key: KeyObject): string => key.export({ type: "sec1", format: "pem" }) as string;

/** A certificate authority that lives as long as one stack. */
export function createAuthority(commonName: string): Authority {
  const ca = keyPair();
  const issuer = distinguishedName(commonName);
  const basicConstraints = extension("2.5.29.19", true, sequence(der(tag.boolean, Buffer.from([255]))));
  const certSign = extension("2.5.29.15", true, bits(Buffer.from([0x06]), 1));
  const cert = certificate({
    subject: issuer,
    issuer,
    publicKey: ca.publicKey,
    signer: ca.privateKey,
    extensions: [basicConstraints, certSign],
  });
  return {
    cert,
    key: keyPem(ca.privateKey),
    issue({ commonName: name, organizations, hosts }) {
      const pair = keyPair();
      const digitalSignature = extension("2.5.29.15", true, bits(Buffer.from([0x80]), 7));
      const usage = oid(hosts ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2");
      const extensions = [digitalSignature, extension("2.5.29.37", false, sequence(usage))];
      if (hosts) extensions.push(subjectAltNames(hosts));
      const subject = distinguishedName(name, organizations);
      return {
        cert: certificate({ subject, issuer, publicKey: pair.publicKey, signer: ca.privateKey, extensions }),
        key: keyPem(pair.privateKey),
      };
    },
  };
}

/** A key pair for service account tokens. */
export function createSigningKey(): { publicKey: string; privateKey: string } {
  const pair = keyPair();
  return { publicKey: pair.publicKey.export({ type: "spki", format: "pem" }) as string, privateKey: keyPem(pair.privateKey) };
}
