// Tributary's tracking snippet, served as it stands here. It keeps the visitor's click token, puts it on
// Stripe's links and elements, and reports sign-ups. The page comes first: no fault here may show on it.
(() => {
  const quiet = (act) => (...args) => {
    try { return act(...args); } catch { /* no noise on the merchant's page */ }
  };
  quiet(() => {
    const script = document.currentScript || document.querySelector("script[data-key]");
    const { key, api, domain, name = "tributary", param = "via", hosts = "" } = script.dataset;
    let state = script.dataset.consent ?? "granted";
    const stub = window[name] || {};
    if (stub.decorate) return; // included twice

    const base = (api || new URL(".", script.src).href).replace(/\/+$/, "");
    const payHosts = ("buy.stripe.com " + hosts).toLowerCase().match(/[^\s,]+/g);
    const known = []; // every token of this visitor, the newest last
    const signups = new Map();
    let token = null;
    let visitor = null;
    let settle; // called once it is known whether this visit brings a token
    const settled = new Promise((resolve) => { settle = resolve; });

    // Storage. Cookie domains go from the widest to this host alone (""): browsers refuse public suffixes.
    const labels = location.hostname.split(".");
    const domains = [...labels.map((_, i) => labels.slice(-1 - i).join(".")), ""];
    if (domain) domains.unshift(domain);
    const bake = (scope, value, age) => {
      document.cookie = `tb=${value};path=/;max-age=${age};samesite=lax` +
        (scope && ";domain=" + scope) + (location.protocol == "https:" ? ";secure" : "");
    };
    const forget = () => {
      quiet(() => domains.forEach((scope) => bake(scope, "", 0)))();
      quiet(() => localStorage.removeItem("tb"))();
    };
    const keep = () => {
      if (state != "granted") return;
      const value = visitor ? token + "." + visitor : token;
      forget(); // or a narrower cookie would hide the new one
      quiet(() => domains.some((scope) => {
        bake(scope, value, 31536000);
        return document.cookie.includes("tb=" + value);
      }))();
      quiet(() => localStorage.setItem("tb", value))();
    };
    const restore = () => {
      const saved = quiet(() => document.cookie)() + ";tb=" + quiet(() => localStorage.getItem("tb"))();
      const found = /(?:^|[; ])tb=(tb_[0-9a-z]{34})(?:\.([\w-]{36}))?(?:;|$)/.exec(saved);
      if (found) adopt(found[1], found[2]);
    };

    // Decoration. A merchant's own reference stays in front; Stripe drops what is over 200 characters.
    const merge = (value) => {
      if (!value) return token;
      const held = /tb_[0-9a-z]{34}(?![0-9a-z])/.exec(value);
      if (held) return known.includes(held[0]) ? value.replace(held[0], token) : value;
      return /^[\w-]{1,162}$/.test(value) ? value + "-" + token : value;
    };
    const mark = quiet((element) => {
      if (/^stripe-(pricing-table|buy-button)$/.test(element.localName)) {
        const value = element.getAttribute("client-reference-id");
        if (merge(value) != value) element.setAttribute("client-reference-id", merge(value));
      } else if (element.localName == "a" && payHosts.includes(element.hostname)) {
        const query = element.search;
        const [pair, lead, value] = /([?&]client_reference_id=)([^&]*)/.exec(query) || [];
        if (!pair) element.search = (query ? query + "&" : "?") + "client_reference_id=" + token;
        else if (merge(value) != value) element.search = query.replace(pair, lead + merge(value));
      }
    });
    const decorate = quiet((root = document) => {
      if (!token || !root.querySelectorAll) return;
      mark(root);
      root.querySelectorAll("a[href],stripe-pricing-table,stripe-buy-button").forEach(mark);
    });
    const watcher = new MutationObserver((changes) => changes.forEach(({ type, target, addedNodes }) => {
      if (type == "attributes") mark(target);
      else addedNodes.forEach((node) => decorate(node));
    }));
    const adopt = (newToken, newVisitor) => {
      if (!/^tb_[0-9a-z]{34}$/.test(newToken)) return false;
      token = newToken;
      known.push(token);
      if (/^[\w-]{36}$/.test(newVisitor)) visitor = newVisitor;
      keep();
      decorate();
      watcher.observe(document, {
        subtree: true, childList: true, attributeFilter: ["href", "client-reference-id"],
      });
      return true;
    };

    // text/plain needs no preflight; keepalive outlives the page. A beacon tells nothing back.
    const post = async (path, fields) => {
      const body = JSON.stringify({ key, ...fields });
      try {
        return await fetch(base + path, { method: "POST", body, keepalive: true, credentials: "omit" });
      } catch {
        navigator.sendBeacon(base + path, body);
        return {};
      }
    };
    const signup = async (person) => {
      try {
        const { externalId, email = null, name = null } = person;
        const id = String(externalId ?? email);
        if (!signups.has(id)) {
          signups.set(id, settled.then(() => post("/track/signup", {
            token, visitor, externalId: externalId == null ? null : String(externalId), email, name,
          })));
        }
        const { ok } = await signups.get(id);
        if (!ok) signups.delete(id); // so that the page may try again
        return !!ok;
      } catch {
        return false;
      }
    };
    const consent = quiet((given) => {
      state = given;
      if (state == "denied") forget();
      if (state == "granted") token ? keep() : restore();
    });
    const begin = quiet(() => {
      setTimeout(settle, 2000);
      consent(state);
      const query = new URLSearchParams(location.search + "&" + (location.hash.split("?")[1] || ""));
      const code = query.get(param);
      const framed = self != top; // hidden frames are no visits
      const handed = !framed && adopt(query.get("tb_token"), query.get("tb_visitor"));
      if (query.has("tb_token") || query.has("tb_visitor")) {
        quiet(() => history.replaceState(history.state, "", location.href
          .replace(/([?&])tb_(token|visitor)=[^&#]*/g, "$1")
          .replace(/([?&])&+/g, "$1")
          .replace(/[?&]+(?=#|$)/, "")))();
      }
      if (handed || framed || !code) return settle();
      post("/track/click", { code, url: location.href.split("#")[0], referrer: document.referrer, visitor })
        .then((answer) => answer.ok && answer.json())
        .then((click) => adopt(click.token, click.visitor))
        .catch(() => {})
        .then(settle);
    });

    const tributary = {
      signup, consent, decorate,
      token: () => token,
      ready: (act) => { settled.then(quiet(() => act(token))); },
      q: stub.q || [],
    };
    const run = quiet(([method, ...args]) => tributary[method](...args));
    quiet(() => { window[name] = tributary; })();
    quiet(() => [...tributary.q].forEach(run))(); // before anything is stored: it may hold a refusal
    quiet(() => { tributary.q.push = (...calls) => calls.forEach(run); })();
    addEventListener("pagehide", settle);
    if (document.prerendering) document.addEventListener("prerenderingchange", begin);
    else begin();
  })();
})();
