import { type SubmitEvent, useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import type { Hook, Room } from '../session/api';
import { announce } from '../ui/announce';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { TextField } from '../ui/Field';
import { Notice } from '../ui/Notice';
import { Problem } from '../ui/Problem';
import { useAttempt } from '../ui/useAttempt';
import styles from './Moderation.module.css';
import { useModeration } from './useModeration';
import { MAX_NAME } from './words';

const c = classes(styles);

/** Addresses by which machines write into the room: made, renewed and removed by its owners. */
export function Webhooks({ room }: { readonly room: Room }) {
  const { t } = useTranslation('moderation');
  const moderation = useModeration();
  const [hooks, setHooks] = useState<readonly Hook[]>();
  const [name, setName] = useState('');
  const [fresh, setFresh] = useState<{ readonly name: string; readonly url: string } | null>(null);
  const [asked, setAsked] = useState<string | null>(null);
  const { busy, failure, attempt } = useAttempt();
  const load = useCallback(async () => setHooks(await moderation((part) => part.hooks(room.id))), [moderation, room.id]);
  useEffect(() => {
    // eslint-disable-next-line react-hooks/set-state-in-effect -- the list is asked for here and arrives as state
    load().catch(() => undefined);
  }, [load, room.version]);

  const make = (event: SubmitEvent) => {
    event.preventDefault();
    if (name.trim() === '') return;
    void attempt(async () => {
      const made = await moderation((part) => part.makeHook(room.id, name.trim()));
      setFresh({ name: made.hook.name, url: made.url });
      setName('');
      await load();
    }, t('hooks.made'));
  };
  const turn = (hook: Hook) =>
    void attempt(async () => {
      setFresh({ name: hook.name, url: (await moderation((part) => part.turnHook(room.id, hook.pid))).url });
    }, t('hooks.turned'));
  const remove = (hook: Hook) =>
    void attempt(async () => {
      await moderation((part) => part.removeHook(room.id, hook.pid));
      setAsked(null);
      setFresh(null);
      await load();
    }, t('hooks.removed', { name: hook.name }));
  const copy = async (url: string) => {
    await navigator.clipboard.writeText(url);
    announce(t('hooks.copied'));
  };
  const format = new Intl.DateTimeFormat(languageTag(), { dateStyle: 'medium', timeStyle: 'short' });

  return (
    <section className={c('section')} aria-labelledby="webhooks">
      <h3 id="webhooks">{t('hooks.title')}</h3>
      <p className={c('soft')}>{t('hooks.means')}</p>
      {fresh !== null && (
        <Notice live title={t('hooks.address', { name: fresh.name })}>
          <p>{t('hooks.once')}</p>
          <code className={c('address')}>{fresh.url}</code>
          <div className={c('row')}>
            <Button small onPress={() => void copy(fresh.url)}>
              {t('hooks.copy')}
            </Button>
            <Button small look="quiet" onPress={() => setFresh(null)}>
              {t('hooks.hide')}
            </Button>
          </div>
        </Notice>
      )}
      {hooks !== undefined && hooks.length > 0 && (
        <ul className={c('list')}>
          {hooks.map((hook) => (
            <li key={hook.pid} className={c('card')}>
              <div className={c('grow')}>
                <p>
                  <bdi>{hook.name}</bdi>
                </p>
                <p className={c('soft')}>{hook.used === null ? t('hooks.unused') : t('hooks.used', { time: format.format(hook.used * 1000) })}</p>
                {hook.waiting > 0 && <p className={c('soft')}>{t('hooks.waiting', { count: hook.waiting })}</p>}
              </div>
              {asked === hook.pid ? (
                <div className={c('row')} role="group" aria-label={t('hooks.removeOne', { name: hook.name })}>
                  <p>{t('hooks.ask')}</p>
                  <Button small look="danger" autoFocus isPending={busy} onPress={() => remove(hook)}>
                    {t('hooks.sure')}
                  </Button>
                  <Button small look="quiet" onPress={() => setAsked(null)}>
                    {t('report.cancel')}
                  </Button>
                </div>
              ) : (
                <div className={c('row')}>
                  <Button small isDisabled={busy} aria-label={t('hooks.turnOne', { name: hook.name })} onPress={() => turn(hook)}>
                    {t('hooks.turn')}
                  </Button>
                  <Button small look="danger" isDisabled={busy} aria-label={t('hooks.removeOne', { name: hook.name })} onPress={() => setAsked(hook.pid)}>
                    {t('hooks.remove')}
                  </Button>
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
      <form className={c('section')} onSubmit={make}>
        <TextField label={t('hooks.name')} description={t('hooks.nameMeans')} value={name} onChange={setName} maxLength={MAX_NAME} autoComplete="off" />
        {failure !== undefined && <Problem error={failure} />}
        <Button type="submit" isPending={busy} isDisabled={name.trim() === ''}>
          {t('hooks.make')}
        </Button>
      </form>
    </section>
  );
}
