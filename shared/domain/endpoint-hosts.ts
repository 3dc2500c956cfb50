import * as z from "zod";

const MISTAKE = "a host as it stands in a URL, such as 10.0.0.1 or api.example.com:6443; no pattern";
const isHost = (text: string): boolean =>
  !text.includes("*") && URL.canParse(`https://${text}`) && new URL(`https://${text}`).host === text;
const host = z.string().refine(isHost, { error: MISTAKE });

/** Hosts (`host` or `host:port`) with commas between; none for an empty text. */
export const endpointHosts = z
  .string()
  .transform((text) => text.split(",").flatMap((part) => part.trim() || []))
  .pipe(z.array(host));

/** Whether a URL's host is one of them: with that port, or with any where none is named. */
export function isListed(url: string, hosts: readonly string[]): boolean {
  const { host: withPort, hostname } = new URL(url);
  return hosts.includes(withPort) || hosts.includes(hostname);
}
