// The table, and which table the functions use: the stack's own, or one that was restored from it (docs/operations.md).
const { dataRemoval, flag } = require("./parameters.cjs");

const index = (name, partition, sort, projection) => ({
  IndexName: name,
  KeySchema: [
    { AttributeName: partition, KeyType: "HASH" },
    { AttributeName: sort, KeyType: "RANGE" },
  ],
  Projection: projection,
});
const keysOnly = { ProjectionType: "KEYS_ONLY" };

const indexes = [
  // Sparse: only what has a due time is in it.
  index("due", "dueShard", "dueAt", keysOnly),
  index("list", "listShard", "tenantId", {
    ProjectionType: "INCLUDE",
    NonKeyAttributes: ["phase", "tier", "cluster", "appliedRevision", "revisionAsked", "paused"],
  }),
  // A cluster's tenants. Keys only, so it is written when a tenant is placed, and not with each change of it.
  index("cluster", "cluster", "tenantId", keysOnly),
  // A person's grants in all tenants, and a provider's user's groups. Sparse, keys only.
  index("user", "userKey", "pk", keysOnly),
];
const keys = new Set(["pk", "sk", ...indexes.flatMap(({ KeySchema }) => KeySchema.map(({ AttributeName }) => AttributeName))]);

const restored = async ({ resolveVariable }) => {
  const [name, streamArn] = [await resolveVariable("param:restoredTable"), await resolveVariable("param:restoredTableStreamArn")];
  if (Boolean(name) !== Boolean(streamArn)) throw new Error("give both parameters, restoredTable and restoredTableStreamArn, or neither");
  return { name, streamArn };
};

exports.tableName = async (context) => (await restored(context)).name || { Ref: "Table" };
exports.streamArn = async (context) => (await restored(context)).streamArn || { "Fn::GetAtt": ["Table", "StreamArn"] };

/** The ARN of the table, or of what is below it: `/index/due`. */
exports.tableArn = async (context) => {
  const { name } = await restored(context);
  const arn = name ? `arn:\${AWS::Partition}:dynamodb:\${AWS::Region}:\${AWS::AccountId}:table/${name}` : "${Table.Arn}";
  return (below = "") => ({ "Fn::Sub": `${arn}${below}` });
};

exports.resources = async (context) => {
  const { resolveVariable } = context;
  const removal = await dataRemoval(context);
  return {
    Resources: {
      Table: {
        Type: "AWS::DynamoDB::Table",
        DeletionPolicy: removal,
        UpdateReplacePolicy: removal === "Delete" ? "Delete" : "Retain",
        Properties: {
          TableName: await resolveVariable("param:tableName"),
          BillingMode: "PAY_PER_REQUEST",
          DeletionProtectionEnabled: await flag(context, "deletionProtection"),
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          SSESpecification: { SSEEnabled: true },
          TimeToLiveSpecification: { AttributeName: "ttl", Enabled: true },
          StreamSpecification: { StreamViewType: "NEW_IMAGE" },
          AttributeDefinitions: [...keys].map((name) => ({ AttributeName: name, AttributeType: "S" })),
          KeySchema: [
            { AttributeName: "pk", KeyType: "HASH" },
            { AttributeName: "sk", KeyType: "RANGE" },
          ],
          GlobalSecondaryIndexes: indexes,
        },
      },
    },
  };
};
