import * as z from "zod";
import { sbtAnswering, sbtFailure, type SbtRequest, sbtSuccess } from "../../shared/domain/sbt.ts";
import { token } from "../in/envelope.ts";

const text = z.record(z.string(), z.string());

/** `detail` of every answer: SBT's control plane patches the registration with `jobOutput`. */
const schema = z.strictObject({
  tenantRegistrationId: token,
  jobOutput: z.strictObject({
    tenantData: text.meta({ description: "Goes into SBT's record of the tenant." }),
    tenantRegistrationData: z.strictObject({
      registrationStatus: z.enum(["created", "deleted", "active", "inactive", "failed"]),
      registrationError: z.string().optional().meta({ description: "Where it failed: the code and what a person must know." }),
    }),
  }),
});

const requests = Object.keys(sbtAnswering) as SbtRequest[];
const tenant = { tenantId: "3f2c8f0e-54a1-4a7e-bb1f-6a9d1d0c7e55", cluster: "eu-1" };
const why = { reason: "UnknownTier", message: 'There is no tier "gold".' };

/** Every answer to SBT, by EventBridge `detail-type`. For generation and tests. */
export const sbtAnswerEvents: Record<string, { schema: z.ZodType; example: unknown }> = Object.fromEntries(
  requests.flatMap((request) => {
    const cause = { tenantRegistrationId: "8a1b52c4-6f0e-4f7e-9d3c-0b8a7f6e5d4c", request };
    return [...sbtSuccess(cause, tenant), ...sbtFailure(cause, why)].map(({ type, detail }) => [type, { schema, example: detail }]);
  }),
);
