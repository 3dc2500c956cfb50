import { expect, test } from "@jest/globals";
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { createSecrets } from "../../shared/adapters/secrets.ts";
import { anId } from "../support/stack.ts";

const secretsManager = new SecretsManagerClient({});
const ssm = new SSMClient({});

test("a secret of Secrets Manager is read by name, with the one before it after a rotation", async () => {
  const Name = `tenantry/${anId("contract")}`;
  await secretsManager.send(new CreateSecretCommand({ Name, SecretString: "first" }));
  expect(await createSecrets({ stage: "local" })(`secretsmanager:${Name}`)).toEqual(["first"]);
  await secretsManager.send(new PutSecretValueCommand({ SecretId: Name, SecretString: "second" }));
  expect(await createSecrets({ stage: "local" })(`secretsmanager:${Name}`)).toEqual(["second", "first"]);
});

test("a SecureString of Parameter Store is read by name, and two of a JSON array", async () => {
  const Name = `/tenantry/${anId("contract")}`;
  await ssm.send(new PutParameterCommand({ Name, Value: '["old","new"]', Type: "SecureString" }));
  expect(await createSecrets({ stage: "local" })(`ssm:${Name}`)).toEqual(["old", "new"]);
});

test("a secret that is not there is no secret, in both stores", async () => {
  const name = `tenantry/${anId("none")}`;
  expect(await createSecrets({ stage: "local" })(`secretsmanager:${name}`)).toEqual([]);
  expect(await createSecrets({ stage: "local" })(`ssm:/${name}`)).toEqual([]);
});
