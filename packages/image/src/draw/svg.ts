/** Small words of SVG: escaped text, whole or one-decimal numbers. Presentation attributes only, so no style policy is in the way. */

const SPECIAL = /[&<>"']/g;
/** What XML 1.0 cannot hold at all: control characters and lone surrogates. */
const FORBIDDEN =
  // oxlint-disable-next-line no-control-regex -- the control characters are the point
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\ud800-\udfff]/g;
const ENTITY: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeXml(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replace(SPECIAL, (char) => ENTITY[char] ?? char);
}

/** At most one decimal. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Centre of the pixel row or column `value` falls in: a line of width 1 there is crisp. */
export function crisp(value: number): number {
  return Math.floor(value) + 0.5;
}
