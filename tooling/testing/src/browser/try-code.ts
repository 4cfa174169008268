/** What a content security policy refuses: code of texts, code from elsewhere. Tried in a page or in a worker of it. */

/** Tries what a content security policy refuses, in a page or in a worker of it; gives the rule that refused each. */
export const tryCode = async (): Promise<Readonly<Record<string, string>>> => {
  type Element = { src: string; textContent: string };
  type Violation = { readonly effectiveDirective: string };
  type Scope = {
    readonly document?: {
      readonly createElement: (name: string) => Element;
      readonly head: { readonly append: (element: Element) => void };
    };
    readonly addEventListener: (type: string, listen: (violation: Violation) => void) => void;
    readonly removeEventListener: (type: string, listen: (violation: Violation) => void) => void;
    eval: (code: string) => unknown;
    Function: new (code: string) => unknown;
  };
  const scope = globalThis as unknown as Scope;
  const refusedBy = (act: () => unknown): Promise<string> =>
    new Promise((done) => {
      const end = (rule: string): void => {
        scope.removeEventListener("securitypolicyviolation", listen);
        done(rule);
      };
      // The page has its policy twice, from its text and from its header, and each is heard.
      const listen = ({ effectiveDirective }: Violation): void => void setTimeout(end, 200, effectiveDirective);
      scope.addEventListener("securitypolicyviolation", listen);
      setTimeout(end, 3000, "nothing");
      // What a debugger evaluates may make code of texts; what a timer calls may not.
      setTimeout(() => {
        try {
          act();
        } catch {
          // The event says why.
        }
      });
    });
  const script = (change: (element: Element) => void): Promise<string> =>
    refusedBy(() => {
      const element = scope.document!.createElement("script");
      change(element);
      scope.document!.head.append(element);
    });
  return {
    "code made of a text": await refusedBy(() => scope.eval("1")),
    "a function made of a text": await refusedBy(() => new scope.Function("return 1")),
    "an address without https": await refusedBy(() => fetch("http://example.invalid/").catch(() => {})),
    ...(scope.document && {
      "a script in the page": await script((element) => (element.textContent = "1")),
      "a script of another origin": await script((element) => (element.src = "https://example.invalid/a.js")),
      "a script as an address of data": await script((element) => (element.src = "data:text/javascript,1")),
    }),
  };
};

/** The rules that refuse them, in a worker and in a page. */
export const scriptRules = {
  "code made of a text": "script-src",
  "a function made of a text": "script-src",
  "an address without https": "connect-src",
} as const;

export const pageRules = {
  ...scriptRules,
  "a script in the page": "script-src-elem",
  "a script of another origin": "script-src-elem",
  "a script as an address of data": "script-src-elem",
} as const;
