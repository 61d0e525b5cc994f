import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Page } from '../app/Page';
import { languageTag } from '../app/i18n';
import { type Flow, flows } from '../doors/flows';
import { classes } from '../ui/classes';
import { Problem } from '../ui/Problem';
import styles from './FlowsPage.module.css';

const c = classes(styles);

/** *Where does my data go?*: the register of data flows, from which the browser's own policy is made too. */
export function FlowsPage() {
  const { t, i18n } = useTranslation('flows');
  const [list, setList] = useState<readonly Flow[]>();
  const [failure, setFailure] = useState<unknown>();
  useEffect(() => {
    let over = false;
    flows().then(
      (found) => !over && setList(found),
      (error: unknown) => !over && setFailure(error),
    );
    return () => {
      over = true;
    };
  }, []);
  const zone = (name: string) => (i18n.exists(`flows:zones.${name}`) ? t(`zones.${name}`) : name);
  const country = (code: string) => (/^[A-Z]{2}$/.test(code) ? (new Intl.DisplayNames(languageTag(), { type: 'region' }).of(code) ?? code) : code);
  return (
    <Page title={t('title')} lead={t('lead')}>
      {failure !== undefined && <Problem error={failure} />}
      {list === undefined && failure === undefined && <p role="status">{t('loading')}</p>}
      {list !== undefined && (
        <ul className={c('flows')}>
          {list.map((flow) => (
            <li key={flow.id} className={c('flow', !flow.on && 'off')}>
              <h2 className={c('way')}>{t('way', { from: zone(flow.from), to: zone(flow.to) })}</h2>
              <p>{flow.purpose}</p>
              <dl className={c('facts')}>
                <Fact name={t('receiver')} value={t('receiverValue', { party: flow.party, country: country(flow.country) })} />
                <Fact name={t('fields')} value={flow.fields.join(', ')} />
                <Fact name={t('retention')} value={flow.retention} />
                <Fact name={t('basis')} value={flow.basis} />
                <Fact name={t('state')} value={t(flow.on ? 'on' : 'off')} />
              </dl>
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div className={c('fact')}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
