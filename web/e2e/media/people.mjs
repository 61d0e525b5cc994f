/** A meeting of the panel's harness against a bare LiveKit: people with pages, keys of the test, and who listens without one. */
import { randomBytes } from 'node:crypto';
import { countConnections, newId, token } from './lib.mjs';

export class Gathering {
  constructor({ livekit, pages, browser }) {
    Object.assign(this, { livekit, pages, browser });
    this.meeting = newId('c');
    this.secret = randomBytes(16).toString('hex');
    this.people = [];
    this.names = {};
  }

  /** Invents a member; pages opened after this know the name. */
  invite(name) {
    const me = { pid: newId('p'), dev: newId('d') };
    this.names[me.pid] = name;
    return { name, me };
  }

  /** Opens the panel for a member. `config` replaces what the test's keys and members are for this page alone. */
  async open({ name, me }, { config = {}, prepare, identity = `${me.pid}.${me.dev}`, viewport = { width: 900, height: 640 } } = {}) {
    const context = await this.browser.newContext({ permissions: ['camera', 'microphone'], viewport });
    const page = await context.newPage();
    const person = { name, me, page, context, errors: [] };
    page.on('pageerror', (error) => person.errors.push(error.message));
    await page.addInitScript(countConnections);
    await page.addInitScript((given) => (window.config = given), { me, names: this.names, secret: this.secret, epoch: 1, withhold: false, ...config });
    await page.exposeFunction('mint', () => ({ livekit: this.livekit.url, token: token(this.livekit.keys, this.meeting, identity), meeting: this.meeting }));
    await page.exposeFunction('sendAck', (...ack) => {
      for (const other of this.people) if (other.page !== page) void other.page.evaluate((args) => window.gotAck?.(...args), ack).catch(() => undefined);
    });
    const planted = await prepare?.(context);
    this.people.push(person);
    await page.goto(`${this.pages.url}/panel.html?lang=en`);
    return Object.assign(person, { planted });
  }

  /** A stock client in the same LiveKit room: `does` is `listen` or `speak`. */
  async stock(does) {
    const context = await this.browser.newContext({ permissions: ['camera', 'microphone'] });
    const page = await context.newPage();
    await page.addInitScript(countConnections);
    await page.goto(`${this.pages.url}/stock.html`);
    const pass = token(this.livekit.keys, this.meeting, `${newId('p')}.${newId('d')}`);
    await page.evaluate(([name, url, given]) => window[name](url, given), [does, this.livekit.url, pass]);
    return { page, context };
  }

  async close() {
    for (const { context } of this.people) await context.close();
    this.people = [];
  }
}
