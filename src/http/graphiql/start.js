// Starts GraphiQL on this instance's own endpoint. Headers typed there also go into a socket's first message.
const place = new URL("/graphql", location.href);
const socket = new URL(place);
socket.protocol = place.protocol === "https:" ? "wss:" : "ws:";
const welcome = `# Sign in, or on a fresh instance use the set-up token that its first start printed:
#   mutation { signIn(input: { email: "...", password: "..." }) { session { accessToken } userErrors { message } } }
# Then put the token, or a key (trb_sk_...), into the headers below:
#   { "Authorization": "Bearer ...", "Tributary-Mode": "test" }
`;
ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: place.href, subscriptionUrl: socket.href }),
    defaultQuery: welcome,
    defaultHeaders: '{\n  "Tributary-Mode": "test"\n}',
    shouldPersistHeaders: false,
  }),
);
