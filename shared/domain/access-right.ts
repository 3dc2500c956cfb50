/** Something that a cluster's authorisation may allow, in every namespace, as a SubjectAccessReview asks for it. */
export interface AccessRight {
  verb: string;
  /** API group; empty for the core group. */
  group: string;
  resource: string;
  subresource?: string | undefined;
  /** The one object that it is for; absent for any. */
  name?: string | undefined;
}

/** For people: `patch deployments.apps/scale`, `bind roles.rbac.authorization.k8s.io "tenant-role"`. */
export const describeRight = ({ verb, group, resource, subresource, name }: AccessRight): string =>
  `${verb} ${resource}${group && `.${group}`}${subresource === undefined ? "" : `/${subresource}`}${name === undefined ? "" : ` "${name}"`}`;
