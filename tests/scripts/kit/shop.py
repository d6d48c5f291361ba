"""A merchant on a fresh instance: a program of 20 %, partners with links, a Stripe connection, keys."""

import dataclasses
import secrets

from .graphql import Client

PASSWORD = "correct horse battery staple"
RATE = 2000


@dataclasses.dataclass
class Shop:
    owner: Client
    merchant: str
    program: str
    # By the link's code: the enrollment, and the short address.
    partners: dict
    short_urls: dict
    connection: str
    webhook_path: str
    webhook_secret: str
    secret_key: str
    publishable_key: str
    # For how many seconds its own server asks again when the instance is away.
    patience: float = 0

    @property
    def server(self):
        """The merchant's own server, with its secret key."""
        return Client(self.owner.url, self.secret_key, patience=self.patience)

    def move(self, url):
        """Goes on at another address of the instance."""
        self.owner = Client(url, self.owner.token)


def open_shop(url, setup_token, codes=("ada", "bob"), origins=("https://shop.example",), landing="https://shop.example/"):
    """Sets everything up over GraphQL, in test mode, as a person in GraphiQL would."""
    session = Client(url).do(
        "instanceSetUp",
        "InstanceSetUpInput",
        {"token": setup_token, "merchantName": "Shop", "email": "owner@shop.example", "password": PASSWORD},
        "session { accessToken merchant { id } }",
    )["session"]
    owner = Client(url, session["accessToken"])
    program = owner.do(
        "programCreate",
        "ProgramCreateInput",
        {"name": "Friends", "landingUrl": landing, "terms": {"reward": {"kind": "PERCENT", "rate": RATE}, "duration": {"kind": "LIFETIME"}}},
        "program { id }",
    )["program"]["id"]
    enrolled = {code: enroll(owner, program, code) for code in codes}
    secret = f"whsec_{secrets.token_hex(24)}"
    connection = owner.do(
        "stripeConnectionCreate",
        "StripeConnectionCreateInput",
        {"name": "Stripe", "key": f"rk_test_{secrets.token_hex(24)}", "webhookSecret": secret},
        "stripeConnection { id webhookUrl }",
    )["stripeConnection"]
    scopes = ["READ", "TRACK", "WRITE_PROGRAMS", "WRITE_MONEY", "WRITE_CONNECTIONS"]
    return Shop(
        owner=owner,
        merchant=session["merchant"]["id"],
        program=program,
        partners={code: enrollment for code, (enrollment, _) in enrolled.items()},
        short_urls={code: short for code, (_, short) in enrolled.items()},
        connection=connection["id"],
        webhook_path=connection["webhookUrl"].split("/", 3)[3],
        webhook_secret=secret,
        secret_key=key(owner, {"kind": "SECRET", "name": "server", "scopes": scopes}),
        publishable_key=key(owner, {"kind": "PUBLISHABLE", "name": "pages", "origins": list(origins)}),
    )


def enroll(owner, program, code):
    """A partner with a link of that code. Gives the enrollment and the link's short address."""
    given = {"name": code.title(), "email": f"{code}@partners.example", "externalId": code}
    partner = owner.do("partnerCreate", "PartnerCreateInput", given, "partner { id }")["partner"]["id"]
    given = {"programId": program, "partnerId": partner}
    enrollment = owner.do("enrollmentCreate", "EnrollmentCreateInput", given, "enrollment { id }")["enrollment"]["id"]
    link = owner.do("linkCreate", "LinkCreateInput", {"enrollmentId": enrollment, "code": code}, "link { shortUrl }")["link"]
    return enrollment, link["shortUrl"]


def key(owner, given):
    made = owner.do("apiKeyCreate", "ApiKeyCreateInput", given, "secret apiKey { publishableKey }")
    return made["secret"] or made["apiKey"]["publishableKey"]
