import { Check, ChevronsUpDown, Flag, LogOut, MonitorSmartphone, Phone, Route as RouteIcon, Settings as SettingsIcon } from 'lucide-react';
import { Button, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover, Separator, type Selection } from 'react-aria-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Avatar } from '../ui/Avatar';
import { classes } from '../ui/classes';
import menuStyles from '../ui/Menu.module.css';
import { switchLanguage } from './i18n';
import styles from './MeMenu.module.css';
import { type Language, LANGUAGES, readsAloud, setReadsAloud, setTheme, type Theme, theme, THEMES } from './preferences';
import { routeHref } from './route';
import { useSession } from './SessionContext';

const c = classes(styles);
const m = classes(menuStyles);

/** The one key of a single selection. */
function only(keys: Selection): string | undefined {
  return keys === 'all' ? undefined : [...keys].map(String)[0];
}

/** Oneself: devices, where data goes, language, light or dark, sign out. */
export function MeMenu({ onSignOut }: { readonly onSignOut: () => Promise<void> }) {
  const { t, i18n } = useTranslation('app');
  const { me, settings } = useSession();
  const name = me.name ?? t('me');
  const said = me.status === undefined || me.status === '' ? me.department : me.status;
  const [look, setLook] = useState<Theme>(theme);
  const chooseLanguage = (language: Language) => {
    void switchLanguage(language);
    // For mail, and for one's other devices. While home is away, it is this one alone.
    settings.change({ language }).catch(() => undefined);
  };
  const [aloud, setAloud] = useState(readsAloud);
  return (
    <MenuTrigger>
      <Button className={c('me')}>
        <Avatar id={me.pid} name={name} />
        <span className={c('who')}>
          <span className={c('name')}>{name}</span>
          {said !== '' && <span className={c('about')}>{said}</span>}
        </span>
        <span className="hidden-text">{t('menu.name')}</span>
        <ChevronsUpDown className={c('icon')} aria-hidden="true" />
      </Button>
      <Popover className={m('popover', 'wide')} placement="top start">
        <Menu className={m('menu')}>
          <MenuItem className={m('item')} href={routeHref({ name: 'settings' })}>
            <SettingsIcon aria-hidden="true" />
            {t('menu.settings')}
          </MenuItem>
          <MenuItem className={m('item')} href={routeHref({ name: 'calls' })}>
            <Phone aria-hidden="true" />
            {t('menu.calls')}
          </MenuItem>
          <MenuItem className={m('item')} href={routeHref({ name: 'devices' })}>
            <MonitorSmartphone aria-hidden="true" />
            {t('menu.devices')}
          </MenuItem>
          <MenuItem className={m('item')} href={routeHref({ name: 'reports' })}>
            <Flag aria-hidden="true" />
            {t('menu.reports')}
          </MenuItem>
          <MenuItem className={m('item')} href={routeHref({ name: 'flows' })}>
            <RouteIcon aria-hidden="true" />
            {t('menu.flows')}
          </MenuItem>
          <Separator className={m('separator')} />
          <MenuSection
            selectionMode="single"
            disallowEmptySelection
            selectedKeys={[i18n.language]}
            onSelectionChange={(keys) => chooseLanguage(LANGUAGES.find((one) => one === only(keys)) ?? 'sv')}
          >
            <Header className={m('heading')}>{t('language')}</Header>
            {LANGUAGES.map((language) => (
              <MenuItem key={language} id={language} className={m('item')}>
                <span className={m('grow')} lang={language}>
                  {t(`languages.${language}`)}
                </span>
                <Check className={m('check')} aria-hidden="true" />
              </MenuItem>
            ))}
          </MenuSection>
          <Separator className={m('separator')} />
          <MenuSection
            selectionMode="single"
            disallowEmptySelection
            selectedKeys={[look]}
            onSelectionChange={(keys) => {
              const choice = THEMES.find((one) => one === only(keys)) ?? 'system';
              setTheme(choice);
              setLook(choice);
            }}
          >
            <Header className={m('heading')}>{t('theme')}</Header>
            {THEMES.map((one) => (
              <MenuItem key={one} id={one} className={m('item')}>
                <span className={m('grow')}>{t(`themes.${one}`)}</span>
                <Check className={m('check')} aria-hidden="true" />
              </MenuItem>
            ))}
          </MenuSection>
          <Separator className={m('separator')} />
          <MenuSection
            selectionMode="multiple"
            selectedKeys={aloud ? ['aloud'] : []}
            onSelectionChange={(keys) => {
              const chosen = keys === 'all' || keys.has('aloud');
              setReadsAloud(chosen);
              setAloud(chosen);
            }}
          >
            <Header className={m('heading')}>{t('screenReader')}</Header>
            <MenuItem id="aloud" className={m('item')}>
              <span className={m('grow')}>{t('menu.aloud')}</span>
              <Check className={m('check')} aria-hidden="true" />
            </MenuItem>
          </MenuSection>
          <Separator className={m('separator')} />
          <MenuItem className={m('item')} onAction={() => void onSignOut()}>
            <LogOut aria-hidden="true" />
            {t('menu.signOut')}
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
