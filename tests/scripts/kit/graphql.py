"""A GraphQL client, as a merchant's server would write one."""

import http.client
import json
import time
import urllib.parse


class GraphQLError(Exception):
    pass


class Away(GraphQLError):
    """The instance, or a part of it, is not there for now."""


class Client:
    """Asks one instance. `token` is an access token or a secret key; `mode` is for people, keys have their own. What is away for now is asked
    again for `patience` seconds."""

    def __init__(self, url, token=None, mode="test", patience=0):
        self.url, self.token, self.mode, self.patience = url, token, mode, patience

    def ask(self, document, variables=None):
        """Gives `data`. Errors of any kind, and user errors of a mutation, are raised."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return self._ask(document, variables)
            except (Away, OSError, http.client.HTTPException):
                if time.monotonic() >= deadline:
                    raise
                time.sleep(0.2)

    def _ask(self, document, variables):
        headers = {"content-type": "application/json", "accept": "application/graphql-response+json"}
        if self.token:
            headers |= {"authorization": f"Bearer {self.token}", "tributary-mode": self.mode}
        parts = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        try:
            connection.request("POST", "/graphql", json.dumps({"query": document, "variables": variables or {}}), headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        try:
            answer = json.loads(text)
        except json.JSONDecodeError as error:
            raise GraphQLError(f"{response.status}: {text[:500]}") from error
        if answer.get("errors") or "data" not in answer:
            away = any(error.get("extensions", {}).get("code") == "UNAVAILABLE" for error in answer.get("errors", []))
            raise (Away if away else GraphQLError)(f"{response.status}: {text[:1000]}\nasked: {document}")
        for field, value in answer["data"].items():
            if isinstance(value, dict) and value.get("userErrors"):
                raise GraphQLError(f"{field}: {value['userErrors']}")
        return answer["data"]

    def do(self, mutation, input_type, given, wanted):
        """Runs one mutation in the house style: one input, one payload with `userErrors`. Gives the payload."""
        document = f"mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ {wanted} userErrors {{ field code message }} }} }}"
        return self.ask(document, {"input": given})[mutation]

    def pages(self, field, wanted, arguments=""):
        """Every node of a connection, page by page."""
        nodes, after = [], None
        while True:
            document = (
                f"query($after: String) {{ {field}(first: 100, after: $after{arguments}) "
                f"{{ nodes {{ {wanted} }} pageInfo {{ hasNextPage endCursor }} }} }}"
            )
            page = self.ask(document, {"after": after})[field]
            nodes += page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return nodes
            after = page["pageInfo"]["endCursor"]
