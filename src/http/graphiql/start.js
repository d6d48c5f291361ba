// Starts GraphiQL on this instance's own endpoint. Headers typed there also go into a socket's first message.
const place = new URL("/graphql", location.href);
const socket = new URL(place);
socket.protocol = place.protocol === "https:" ? "wss:" : "ws:";
const welcome = `# Sign in with the mutation session... or make a key with: tributary token
# Then put it into the headers below:
#   { "Authorization": "Bearer <access token or trb_sk_...>", "Tributary-Mode": "test" }
`;
ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: place.href, subscriptionUrl: socket.href }),
    defaultQuery: welcome,
    defaultHeaders: '{\n  "Tributary-Mode": "test"\n}',
    shouldPersistHeaders: false,
  }),
);
