import { createHash } from "node:crypto";
import type { KubernetesObject } from "@kubernetes/client-node";
import { ANNOTATION_GENERATION } from "./identity.ts";

/** JSON with sorted keys and without undefined ones: the same content is the same text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** The first 16 hex digits of a SHA-256. */
export const shortHash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

/** Hash of what an object says, without the generation that says it: an object whose content stands is not applied again. */
export function objectHash(object: KubernetesObject): string {
  const { [ANNOTATION_GENERATION]: _generation, ...annotations } = object.metadata?.annotations ?? {};
  return shortHash(canonicalJson({ ...object, metadata: { ...object.metadata, annotations } }));
}
