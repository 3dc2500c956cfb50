import { run } from "../../local/commands.ts";
import { lintersPython } from "./linters.ts";

const READ = `
import json, sys
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER as schemas
def read(type):
    schema = schemas.get_resource_schema("eu-central-1", type).schema
    keys = [*schema.get("createOnlyProperties", []), *schema.get("conditionalCreateOnlyProperties", [])]
    return sorted({key.split("/")[2] for key in keys})
print(json.dumps({type: read(type) for type in sys.argv[1:]}))
`;

/**
 * Of each resource type the properties whose change makes CloudFormation replace the resource, by CloudFormation's own schemas,
 * as cfn-lint carries them. Of a property in a property the outer one counts.
 */
export const createOnlyProperties = async (types: string[]): Promise<Record<string, string[]>> =>
  JSON.parse(await run(await lintersPython(), ["-c", READ, ...types]));
