import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { KubernetesObject } from "@kubernetes/client-node";
import { type ClusterApi, ClusterError } from "../../shared/ports.ts";

export interface ContractSubject {
  api: ClusterApi;
  /** Resolves when nothing terminating is left of that namespace. */
  finishDeletes(namespace: string): Promise<void>;
  close?(): Promise<void>;
}

const signal = new AbortController().signal;
const namespaced = { apiVersion: "v1", kind: "Namespace" };
const accounts = { apiVersion: "v1", kind: "ServiceAccount" };
const roles = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role" };
const nobody = "00000000-0000-4000-8000-000000000000";

const failure = async (work: Promise<unknown>): Promise<ClusterError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ClusterError);
  return error as ClusterError;
};

/** What `ClusterApi` promises, for the real API server and the one in memory. */
export function clusterApiContract(subject: string, make: () => Promise<ContractSubject>): void {
  describe(`the contract of ClusterApi, on ${subject}`, () => {
    const namespace = `contract-${Math.random().toString(36).slice(2, 10)}`;
    let it: ContractSubject;
    let api: ClusterApi;
    const account = (name: string, labels: Record<string, string> = {}): KubernetesObject => ({
      ...accounts,
      metadata: { name, namespace, labels },
    });

    beforeAll(async () => {
      it = await make();
      api = it.api;
      await api.apply({ ...namespaced, metadata: { name: namespace } }, signal);
    });
    afterAll(async () => {
      await api.delete({ ...namespaced, name: namespace }, {}, signal);
      await it.close?.();
    });

    test("the right to do what is done here is there", async () => {
      expect(await api.allows({ verb: "patch", group: "", resource: "serviceaccounts" }, signal)).toBe(true);
    });

    test("an object that is not there is undefined", async () => {
      expect(await api.get({ ...accounts, namespace, name: "absent" }, signal)).toBeUndefined();
      expect(await api.get({ ...namespaced, name: `${namespace}-absent` }, signal)).toBeUndefined();
    });

    test("apply creates an object and answers it as it stands", async () => {
      const applied = await api.apply(account("created", { a: "1" }), signal);
      expect(applied.metadata?.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(await api.get({ ...accounts, namespace, name: "created" }, signal)).toEqual(applied);
      expect(applied.metadata?.labels).toEqual({ a: "1" });
    });

    test("applying the same object twice changes nothing", async () => {
      const first = await api.apply(account("steady", { a: "1" }), signal);
      const second = await api.apply(account("steady", { a: "1" }), signal);
      expect(second.metadata?.resourceVersion).toBe(first.metadata?.resourceVersion);
    });

    test("a field that is no longer applied goes, and the uid stays", async () => {
      const first = await api.apply(account("shrinking", { a: "1", b: "2" }), signal);
      const second = await api.apply(account("shrinking", { b: "3" }), signal);
      expect(second.metadata?.labels).toEqual({ b: "3" });
      expect(second.metadata?.uid).toBe(first.metadata?.uid);
    });

    test("an apply with the uid of an object that is gone is a conflict, and creates nothing", async () => {
      const name = `${namespace}-gone`;
      const error = await failure(api.apply({ ...namespaced, metadata: { name, uid: nobody } }, signal));
      expect([error.status, error.reason, error.retryable]).toEqual([409, "Conflict", false]);
      expect(await api.get({ ...namespaced, name }, signal)).toBeUndefined();
    });

    test("an apply with another uid than the object's is Invalid; with its own it holds", async () => {
      const { metadata } = await api.apply(account("pinned"), signal);
      const pinned = (uid: string | undefined): KubernetesObject => ({
        ...accounts,
        metadata: { name: "pinned", namespace, labels: { a: "1" }, uid: uid ?? "" },
      });
      const error = await failure(api.apply(pinned(nobody), signal));
      expect([error.status, error.reason, error.retryable]).toEqual([422, "Invalid", false]);
      expect(error.message).toContain("metadata.uid");
      expect((await api.apply(pinned(metadata?.uid), signal)).metadata?.labels).toEqual({ a: "1" });
    });

    test("an apply into a namespace that is not there is NotFound", async () => {
      const error = await failure(api.apply({ ...accounts, metadata: { name: "lost", namespace: `${namespace}-absent` } }, signal));
      expect([error.status, error.reason]).toEqual([404, "NotFound"]);
      expect(error.message).toMatch(new RegExp(`^namespaces "${namespace}-absent" not found .*lost`));
    });

    test("names keep their case", async () => {
      for (const name of ["Reader", "reader"])
        await api.apply({ ...roles, metadata: { name, namespace }, rules: [] } as KubernetesObject, signal);
      const [upper, lower] = await Promise.all(["Reader", "reader"].map((name) => api.get({ ...roles, namespace, name }, signal)));
      expect([upper?.metadata?.name, lower?.metadata?.name]).toEqual(["Reader", "reader"]);
    });

    test("delete removes, and deleting what is gone is success", async () => {
      await api.apply(account("leaving"), signal);
      const ref = { ...accounts, namespace, name: "leaving" };
      await api.delete(ref, {}, signal);
      expect(await api.get(ref, signal)).toBeUndefined();
      await expect(api.delete(ref, {}, signal)).resolves.toBeUndefined();
    });

    test("delete with a uid spares an object that has another", async () => {
      const { metadata } = await api.apply(account("spared"), signal);
      const ref = { ...accounts, namespace, name: "spared" };
      const error = await failure(api.delete(ref, { uid: nobody }, signal));
      expect([error.status, error.reason]).toEqual([409, "Conflict"]);
      expect((await api.get(ref, signal))?.metadata?.uid).toBe(metadata?.uid);
      await api.delete(ref, { uid: metadata?.uid }, signal);
      expect(await api.get(ref, signal)).toBeUndefined();
    });

    test("a deleted namespace terminates, takes nothing new, and goes with its objects", async () => {
      const name = `${namespace}-closing`;
      const ref = { ...namespaced, name };
      const inside = { ...accounts, metadata: { name: "inside", namespace: name } };
      const before = await api.apply({ ...namespaced, metadata: { name } }, signal);
      await api.apply(inside, signal);
      await api.delete(ref, { uid: before.metadata?.uid }, signal);
      expect((await api.get(ref, signal))?.metadata?.deletionTimestamp).toBeDefined();
      const late = await failure(api.apply({ ...accounts, metadata: { name: "late", namespace: name } }, signal));
      expect([late.status, late.reason]).toEqual([403, "Forbidden"]);
      await it.finishDeletes(name);
      expect(await api.get(ref, signal)).toBeUndefined();
      const after = await api.apply({ ...namespaced, metadata: { name } }, signal);
      expect(after.metadata?.uid).not.toBe(before.metadata?.uid);
      expect(await api.get({ ...accounts, namespace: name, name: "inside" }, signal)).toBeUndefined();
      await api.delete(ref, {}, signal);
    }, 60_000);

    test("serves tells an API that is there from one that is not", async () => {
      expect(
        await Promise.all(["v1", "rbac.authorization.k8s.io/v1", "tenantry.dev/v9", "v9"].map((version) => api.serves(version, signal))),
      ).toEqual([true, true, false, false]);
    });

    test("a caller who has given up gets Aborted, and nothing is written", async () => {
      const gone = AbortSignal.abort(new Error("time is up"));
      const error = await failure(api.apply(account("unborn"), gone));
      expect([error.status, error.reason, error.retryable]).toEqual([undefined, "Aborted", true]);
      expect(await api.get({ ...accounts, namespace, name: "unborn" }, signal)).toBeUndefined();
    });

    test("a kind, a name or a namespace that makes no path is refused", async () => {
      const refs = [
        { apiVersion: "v1", kind: "Secret", namespace, name: "a" },
        { ...accounts, name: "a" },
        { ...namespaced, namespace, name: "a" },
        { ...accounts, namespace, name: ".." },
        { ...accounts, namespace: "", name: "a" },
      ];
      for (const ref of refs) expect((await failure(api.get(ref, signal))).reason).toBe("BadRequest");
    });
  });
}
