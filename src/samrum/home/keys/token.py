"""The root key in a PKCS#11 token (an HSM, or SoftHSM2): it seals there and never leaves.

AES-256-GCM inside the token (CKM_AES_GCM, PKCS#11 2.40 §2.12) on a key that is sensitive and not extractable. A session is opened for each
use, since uses are few (each sealed file once a process), so a token that was restarted is found again. The PIN is read from its file
each time.
"""

import secrets
from typing import Any

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass, exceptions

from samrum.home.config import TokenConfig
from samrum.home.keys.root import NotSealedSo, RootAway
from samrum.plumbing.config import BadConfig, secret

_NONCE, _TAG = 12, 16
_TEMPLATE = {
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.ENCRYPT: True,
    Attribute.DECRYPT: True,
    Attribute.MODIFIABLE: False,
}


_GONE = (
    exceptions.DeviceError,
    exceptions.DeviceMemory,
    exceptions.DeviceRemoved,
    exceptions.FunctionNotSupported,
    exceptions.MechanismInvalid,
    exceptions.SessionClosed,
    exceptions.SessionHandleInvalid,
    exceptions.TokenNotPresent,
    exceptions.UserNotLoggedIn,
)


class TokenRoot:
    """The key `config.key` in the token `config.token`."""

    def __init__(self, config: TokenConfig) -> None:
        """Raises `BadConfig` if the token, the PIN or the key is not what it should be."""
        self._config = config
        with _session(config) as session:
            _key(session, config)

    def seal(self, data: bytes | bytearray, aad: bytes) -> bytes:
        """As `root.Root`."""
        nonce = secrets.token_bytes(_NONCE)
        with _session(self._config) as session:
            try:
                return nonce + self._run(_key(session, self._config).encrypt, bytes(data), nonce, aad)
            except exceptions.PKCS11Error as error:
                raise RootAway(_cannot(self._config, error)) from None

    def open(self, sealed: bytes, aad: bytes) -> bytearray:
        """As `root.Root`. The token's library may keep copies of its own for a while."""
        with _session(self._config) as session:
            try:
                return bytearray(self._run(_key(session, self._config).decrypt, sealed[_NONCE:], sealed[:_NONCE], aad))
            except _GONE as error:
                raise RootAway(_cannot(self._config, error)) from None
            except exceptions.PKCS11Error:  # makers differ in how they say that a tag is wrong
                raise NotSealedSo from None

    def _run(self, work: Any, data: bytes, nonce: bytes, aad: bytes) -> bytes:
        params = GCMParams(nonce, aad, _TAG * 8)
        return bytes(work(data, mechanism=Mechanism.AES_GCM, mechanism_param=params))


def make(config: TokenConfig) -> None:
    """Makes the root key in the token, unless it is there already; raises `BadConfig`."""
    with _session(config, write=True) as session:
        try:
            _key(session, config)
        except NoKey:
            session.generate_key(KeyType.AES, 256, label=config.key, store=True, template=_TEMPLATE)


class NoKey(RootAway):
    """The token holds no key of that label."""


def _where(config: TokenConfig) -> str:
    return f"keys.pkcs11: token {config.token!r}"


def _cannot(config: TokenConfig, error: exceptions.PKCS11Error) -> str:
    return f"{_where(config)}: cannot be used ({type(error).__name__})"


def _session(config: TokenConfig, *, write: bool = False) -> Any:
    try:
        pin = secret(config.pin).decode("utf-8").strip()
    except BadConfig as error:
        raise RootAway(str(error)) from None
    try:
        library = pkcs11.lib(str(config.module))
    except (exceptions.PKCS11Error, RuntimeError, OSError):
        raise RootAway(f"keys.pkcs11.module = {config.module}: cannot be loaded as a PKCS#11 library") from None
    try:
        return library.get_token(token_label=config.token).open(user_pin=pin, rw=write)
    except exceptions.NoSuchToken:
        raise RootAway(f"{_where(config)}: is not there; is it plugged in, and is its label right?") from None
    except exceptions.MultipleTokensReturned:
        raise RootAway(f"{_where(config)}: several tokens have this label") from None
    except exceptions.PinLocked:
        raise RootAway(
            f"{_where(config)}: the PIN is locked after wrong tries; the token's officer must unlock it"
        ) from None
    except (exceptions.PinIncorrect, exceptions.PinInvalid, exceptions.PinLenRange):
        raise RootAway(
            f"{_where(config)}: the PIN in {config.pin} is wrong; a token locks itself after a few tries"
        ) from None
    except exceptions.PKCS11Error as error:
        raise RootAway(_cannot(config, error)) from None


def _key(session: Any, config: TokenConfig) -> Any:
    """The key; raises `BadConfig` if it is missing, or one whose value could be read."""
    try:
        key = session.get_key(object_class=ObjectClass.SECRET_KEY, key_type=KeyType.AES, label=config.key)
    except exceptions.NoSuchKey:
        raise NoKey(
            f"{_where(config)}: holds no AES key {config.key!r}. If it is another token, bring back the right one; "
            "a first key is made by `samrum home registration` or `samrum home rewrap`"
        ) from None
    except exceptions.MultipleObjectsReturned:
        raise RootAway(f"{_where(config)}: holds several keys {config.key!r}") from None
    if key[Attribute.EXTRACTABLE] or not key[Attribute.SENSITIVE]:
        raise RootAway(f"{_where(config)}: key {config.key!r} could be read out of the token; it is not used")
    return key
