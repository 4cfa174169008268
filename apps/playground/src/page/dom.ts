/** Short functions that make elements of the page. */

type Child = Node | string | undefined | false;

type Props = Readonly<Record<string, unknown>>;

/** An element. A prop becomes a listener if its name starts with "on", otherwise a property if the element has it, otherwise an attribute. */
export const el = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value as EventListener);
    else if (name in element && !name.includes("-")) Object.assign(element, { [name]: value });
    else element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child): child is Node | string => child !== undefined && child !== false));
  return element;
};

export const option = (value: string, text: string): HTMLOptionElement => el("option", { value }, text);

let names = 0;

export const uniqueId = (): string => `e${(names += 1)}`;

/** A control with its label above it. */
export const field = (label: string, control: HTMLElement, ...more: readonly Child[]): HTMLElement => {
  control.id ||= uniqueId();
  return el("div", { className: "field" }, el("label", { htmlFor: control.id }, label), control, ...more);
};

/** A list of names with values that can be set. */
export const facts = <Name extends string>(
  names_: Readonly<Record<Name, string>>,
): { readonly element: HTMLElement; readonly set: (name: Name, value: string, kind?: string) => void } => {
  const values = {} as Record<Name, HTMLElement>;
  const list = el("dl", { className: "facts" });
  for (const [name, label] of Object.entries<string>(names_)) {
    const value = el("dd", {}, "–");
    values[name as Name] = value;
    list.append(el("div", {}, el("dt", {}, label), value));
  }
  return {
    element: list,
    set: (name, value, kind = "") => {
      values[name].textContent = value;
      values[name].className = kind;
    },
  };
};

/** Calls `act` at most once a frame. */
export const onFrame = (act: () => void): (() => void) => {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      act();
    });
  };
};

export const isDark = (): boolean => matchMedia("(prefers-color-scheme: dark)").matches;
