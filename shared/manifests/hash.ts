import type { KubernetesObject } from "@kubernetes/client-node";
import { canonicalHash } from "../domain/canonical.ts";
import { ANNOTATION_GENERATION } from "./identity.ts";

/** The first 16 hex digits of a value's canonical hash: whatever the order of its keys. */
export const shortHash = (value: unknown): string => canonicalHash(value).slice(0, 16);

/** Hash of what an object says, without the generation that says it: an object whose content stands is not applied again. */
export function objectHash(object: KubernetesObject): string {
  const { [ANNOTATION_GENERATION]: _generation, ...annotations } = object.metadata?.annotations ?? {};
  return shortHash({ ...object, metadata: { ...object.metadata, annotations } });
}
