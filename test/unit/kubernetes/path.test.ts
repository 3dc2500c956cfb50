import { expect, test } from "@jest/globals";
import { pathOf, pathOfVersion } from "../../../shared/adapters/kubernetes/path.ts";

test.each([
  ["v1", "Namespace", undefined, "/api/v1/namespaces/x"],
  ["v1", "ServiceAccount", "n", "/api/v1/namespaces/n/serviceaccounts/x"],
  ["v1", "ResourceQuota", "n", "/api/v1/namespaces/n/resourcequotas/x"],
  ["v1", "LimitRange", "n", "/api/v1/namespaces/n/limitranges/x"],
  ["networking.k8s.io/v1", "NetworkPolicy", "n", "/apis/networking.k8s.io/v1/namespaces/n/networkpolicies/x"],
  ["rbac.authorization.k8s.io/v1", "Role", "n", "/apis/rbac.authorization.k8s.io/v1/namespaces/n/roles/x"],
  ["rbac.authorization.k8s.io/v1", "RoleBinding", "n", "/apis/rbac.authorization.k8s.io/v1/namespaces/n/rolebindings/x"],
  ["monitoring.coreos.com/v1", "ServiceMonitor", "n", "/apis/monitoring.coreos.com/v1/namespaces/n/servicemonitors/x"],
])("%s %s lies where the API server has it", (apiVersion, kind, namespace, path) => {
  expect(pathOf({ apiVersion, kind, namespace, name: "x" })).toBe(path);
});

test("a name cannot leave its segment", () => {
  const of = (name: string): string => pathOf({ apiVersion: "v1", kind: "Namespace", name });
  expect(of("../../x?force=true#a")).toBe("/api/v1/namespaces/..%2F..%2Fx%3Fforce%3Dtrue%23a");
  for (const name of ["", ".", ".."]) expect(() => of(name)).toThrow(/not a name/);
});

test("an apiVersion that is none is refused", () => {
  expect(pathOfVersion("apps/v1")).toBe("/apis/apps/v1");
  for (const version of ["", "a/b/c", "apps/", "../v1"]) expect(() => pathOfVersion(version)).toThrow();
});
