/** Width of text without a font at hand: classes of characters, on the wide side (DejaVu Sans), so nothing overlaps elsewhere. */
const NARROW = new Set("iljI.,:;|'!()[]/ ·-\u00a0");
const WIDE = new Set('mwMW@%–—');

/** Estimated width in px of `text` at `sizePx`. */
export function textWidth(text: string, sizePx: number): number {
  let em = 0;
  for (const char of text)
    em += NARROW.has(char) ? 0.36 : WIDE.has(char) ? 0.92 : char >= 'A' && char <= 'Z' ? 0.7 : 0.61;
  return em * sizePx;
}

/** `text` cut to fit `widthPx`, with an ellipsis where it was cut. */
export function fitText(text: string, sizePx: number, widthPx: number): string {
  if (textWidth(text, sizePx) <= widthPx) return text;
  const chars = Array.from(text);
  while (chars.length > 1 && textWidth(chars.join('') + '…', sizePx) > widthPx) chars.pop();
  return `${chars.join('').trimEnd()}…`;
}
