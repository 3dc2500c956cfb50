import { clusterBody } from "../../../events/bodies/cluster.ts";
import { defineRoutes } from "../route.ts";
import { clusterPath } from "./params.ts";

const read = { area: "clusters-api", scope: "tenantry/clusters.read", tenantScoped: false } as const;
const write = { area: "clusters-api", scope: "tenantry/clusters.write", tenantScoped: false } as const;

export const clustersApi = defineRoutes({
  listClusters: { ...read, method: "GET", path: "/clusters", summary: "List the registered clusters.", answers: { 200: "ClusterList" } },
  getCluster: {
    ...read,
    method: "GET",
    path: "/clusters/{name}",
    summary: "Show a cluster.",
    params: clusterPath,
    answers: { 200: "Cluster" },
  },
  putCluster: {
    ...write,
    method: "PUT",
    path: "/clusters/{name}",
    summary: "Register a cluster, or replace what is registered of it.",
    params: clusterPath,
    body: clusterBody,
    answers: { 200: "Cluster", 201: "Cluster" },
  },
  deleteCluster: {
    ...write,
    method: "DELETE",
    path: "/clusters/{name}",
    summary: "Forget a cluster that holds no tenant.",
    params: clusterPath,
    answers: { 204: null },
  },
  cordonCluster: {
    ...write,
    method: "POST",
    path: "/clusters/{name}/cordon",
    summary: "Place no further tenants on a cluster.",
    params: clusterPath,
    answers: { 200: "Cluster" },
  },
  uncordonCluster: {
    ...write,
    method: "POST",
    path: "/clusters/{name}/uncordon",
    summary: "Place tenants on a cluster again.",
    params: clusterPath,
    answers: { 200: "Cluster" },
  },
  checkCluster: {
    ...write,
    method: "POST",
    path: "/clusters/{name}/check",
    summary: "Begin a drift check now. Its result is the cluster's `lastCheck`, once that began at `check.requestedAt` or later.",
    params: clusterPath,
    answers: { 202: "Cluster" },
  },
  pauseCluster: {
    ...write,
    method: "POST",
    path: "/clusters/{name}/pause",
    summary: "Stop reconciling the tenants of a cluster: what is asked for is recorded, and nothing is applied.",
    params: clusterPath,
    answers: { 200: "Cluster" },
  },
  resumeCluster: {
    ...write,
    method: "POST",
    path: "/clusters/{name}/resume",
    summary: "Reconcile the tenants of a paused cluster again.",
    params: clusterPath,
    answers: { 200: "Cluster" },
  },
});
