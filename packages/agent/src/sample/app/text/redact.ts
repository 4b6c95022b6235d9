/** Keeps secrets out of facts and reasons: servers like to repeat what they were told. Pure. */

/** Shorter secrets would blank out ordinary words. */
const LEAST_CHARS = 3;

/** The text without any secret, in the spellings protocols send them in. */
export function redact(text: string, secrets: Iterable<string>): string {
  let out = text;
  for (const secret of secrets) {
    if (secret.length < LEAST_CHARS) continue;
    for (const spelling of spellings(secret)) out = out.replaceAll(spelling, '***');
  }
  return out;
}

function spellings(secret: string): readonly string[] {
  const bytes = new TextEncoder().encode(secret);
  const base64 = btoa(String.fromCharCode(...bytes)).replace(/=+$/, '');
  const url = encodeURIComponent(secret);
  const form = url.replaceAll('%20', '+');
  const json = JSON.stringify(secret).slice(1, -1);
  // Longest first: a spelling may hold another.
  return [...new Set([secret, base64, url, form, json])].sort((a, b) => b.length - a.length);
}

/** One line of printable text, as long as a fact should be. */
export function oneLine(text: string, maxChars = 200): string {
  const plain = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return plain.length <= maxChars ? plain : `${plain.slice(0, maxChars - 1)}…`;
}
