/**
 * While a combobox's list is open, React Aria hides everything else from screen readers, though it can still be reached with Tab:
 * axe rightly calls that a fault. The attribute below is its own sign for "leave this visible"; it goes on the part of the page
 * (the app, or the open dialog) that holds the combobox, as long as its list is open.
 */
const LEAVE_VISIBLE = 'data-react-aria-top-layer';

/** For `onOpenChange` of a combobox, which comes before anything is hidden. */
export function keepPageReadable(input: Element | null, open: boolean): void {
  let part = input;
  while (part !== null && part.parentElement !== document.body) part = part.parentElement;
  if (open) part?.setAttribute(LEAVE_VISIBLE, 'true');
  else part?.removeAttribute(LEAVE_VISIBLE);
}
