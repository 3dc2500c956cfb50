import { IS_LOWER_THAN } from "../generation.ts";
import { ANNOTATION_GENERATION, LABEL_MANAGED_BY, MANAGED_BY } from "../identity.ts";
import { byProvisioner, denyPolicy } from "./policy.ts";
import type { BootstrapEntry } from "./entry.ts";

const generationOf = (object: string): string => `${object}.metadata.?annotations[?'${ANNOTATION_GENERATION}'].orValue('')`;
/** A number of at most 15 digits, so that `int()` cannot fail. */
const isNumber = (variable: string): string => `variables.${variable}.matches('^[0-9]{1,15}$')`;
const notBelow = (floor: string): string => `!${isNumber("next")} || !${isNumber(floor)} || int(variables.next) >= int(variables.${floor})`;

/** The fence (docs/adr/0001-generation-on-every-object.md). A denial is a 422 that names this policy. */
export function generationPolicy(): BootstrapEntry[] {
  return denyPolicy(
    "tenantry-generation",
    `The fence against a control plane process that was held up and comes back late: what it applies carries the tenant's generation
in the annotation ${ANNOTATION_GENERATION}, and one lower than the object's or than its namespace's is denied. An object or
namespace without a number there sets no floor, so an administrator can take a wrong one away:
  kubectl annotate namespace tenant-<id> ${ANNOTATION_GENERATION}-`,
    {
      matchConstraints: {
        resourceRules: [{ apiGroups: ["*"], apiVersions: ["*"], resources: ["*"], operations: ["CREATE", "UPDATE"] }],
        objectSelector: { matchLabels: { [LABEL_MANAGED_BY]: MANAGED_BY } },
      },
      matchConditions: [byProvisioner],
      variables: [
        { name: "next", expression: generationOf("object") },
        { name: "last", expression: `oldObject == null ? '' : ${generationOf("oldObject")}` },
        { name: "namespaced", expression: `namespaceObject == null ? '' : ${generationOf("namespaceObject")}` },
      ],
      validations: [
        { expression: isNumber("next"), message: `the annotation ${ANNOTATION_GENERATION} is missing or not a number` },
        {
          expression: notBelow("last"),
          messageExpression: `'generation ' + variables.next + ' ${IS_LOWER_THAN} ' + variables.last + ', with which the object was last applied'`,
          message: "the generation is lower than the object's",
        },
        {
          expression: notBelow("namespaced"),
          messageExpression: `'generation ' + variables.next + ' ${IS_LOWER_THAN} ' + variables.namespaced + ', with which the namespace was last applied'`,
          message: "the generation is lower than the namespace's",
        },
      ],
    },
  );
}
