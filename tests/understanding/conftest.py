from __future__ import annotations

import os

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def understander():
    """The shipped weights with the bundled embedding."""
    from assistant.engine.understanding.intents import SHIPPED, load_model
    from assistant.engine.understanding.understand import Understander
    from knowledge.dense import Encoder

    return Understander(load_model(SHIPPED), Encoder())


@pytest.fixture(scope="session")
def by_words():
    """The shipped weights without an embedding."""
    from assistant.engine.understanding.intents import SHIPPED, load_model
    from assistant.engine.understanding.understand import Understander

    return Understander(load_model(SHIPPED))
