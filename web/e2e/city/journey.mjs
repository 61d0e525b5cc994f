/**
 * The canary's way through two browsers: sign in, find a person, make a room, write, answer, reload, meet. Run by
 * `tests/city/test_canary.py`, which searches relay and LiveKit afterwards. `SAMRUM_CANARY` is JSON `{name, title, message}`.
 */
import { city, launch, log, newRoom, openRoom, person, rooms, say, signIn } from '../browser.mjs';

const { title, message } = JSON.parse(process.env.SAMRUM_CANARY);
const { logins, livekit } = city();
const [one, two] = logins;

const browser = await launch();
try {
  const [hers, his] = await Promise.all([person(browser), person(browser)]);
  await Promise.all([signIn(hers, one), signIn(his, two)]);
  await newRoom(hers, title, [two.name]);
  await say(hers, message);
  await rooms(his).getByRole('link', { name: title }).waitFor();
  await openRoom(his, title);
  await log(his).getByText(message, { exact: true }).waitFor();
  await say(his, `${one.name}: ${message}`);
  await log(hers).getByText(`${one.name}: ${message}`, { exact: true }).waitFor();
  await his.reload();
  await openRoom(his, title);
  await log(his).getByText(message, { exact: true }).waitFor();
  if (livekit) {
    await hers.getByRole('button', { name: /^Meet now/ }).click();
    await hers.getByRole('button', { name: 'Join meeting' }).click();
    await his.getByRole('button', { name: /^Join \(/ }).click();
    await his.getByRole('button', { name: 'Join meeting' }).click();
    await his.getByRole('group', { name: one.name }).waitFor();
    await hers.getByRole('group', { name: two.name }).waitFor();
    await hers.getByRole('button', { name: 'Leave' }).click();
    await his.getByRole('button', { name: 'Leave' }).click();
  }
} finally {
  await browser.close();
}
