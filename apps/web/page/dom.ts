/** Finds what the page has; throws where it hasn't. */
export function find<T extends Element>(
  selector: string,
  type: new () => T,
  within: ParentNode = document,
): T {
  const found = within.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`the page has no ${selector}`);
  return found;
}

export function part<T extends HTMLElement = HTMLElement>(
  within: ParentNode,
  name: string,
  type: new () => T = HTMLElement as new () => T,
): T {
  return find(`[data-part="${name}"]`, type, within);
}

/** A copy of the one element in a template. */
export function copy(template: string): HTMLElement {
  const { content } = find(template, HTMLTemplateElement);
  const made = content.firstElementChild?.cloneNode(true);
  if (!(made instanceof HTMLElement)) throw new Error(`${template} is empty`);
  return made;
}

/** The text of a form's field. */
export function field(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value.trim() : '';
}

/** Says something to whoever sees the page, and to whoever hears it. */
export function tell(message: string): void {
  find('#message', HTMLElement).textContent = message;
}

/** What failed becomes a message. */
export function told(work: () => Promise<void>): void {
  work().catch((error: unknown) => {
    tell(error instanceof Error ? error.message : 'Something went wrong.');
  });
}
