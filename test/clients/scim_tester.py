"""Runs scim2-tester's checks, and prints a line of JSON for each. Arguments: the URL of SCIM; the token is in TENANTRY_SCIM_TOKEN."""

import json
import os
import random
import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server

random.seed(1)  # Which of several values is primary, and which example is taken.
headers = {"Authorization": f"Bearer {os.environ['TENANTRY_SCIM_TOKEN']}"}
with Client(base_url=sys.argv[1], headers=headers, timeout=35) as client:
    for result in check_server(SyncSCIMClient(client)):
        print(
            json.dumps(
                {
                    "check": " ".join(filter(None, [result.title, result.resource_type])),
                    "status": result.status.name,
                    "reason": result.reason or "",
                }
            )
        )
