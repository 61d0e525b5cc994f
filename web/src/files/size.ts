/** Sizes and lengths in words. */
import { languageTag } from '../app/i18n';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** As systems show it, in thousands: `1.2 MB`. */
export function sizeText(bytes: number): string {
  const step = Math.min(UNITS.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  const digits = step > 0 && value < 10 ? 1 : 0;
  return new Intl.NumberFormat(languageTag(), { style: 'unit', unit: UNITS[step], unitDisplay: step === 0 ? 'long' : 'short', maximumFractionDigits: digits }).format(value);
}

/** `1:05`, `1:02:03`. */
export function lengthText(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((one) => String(one).padStart(2, '0'));
  return hours === '00' ? `${Number(minutes)}:${rest ?? ''}` : `${Number(hours)}:${minutes ?? ''}:${rest ?? ''}`;
}
