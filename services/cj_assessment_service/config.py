"""What the comparative judgement service may be told by its environment; the README explains each variable."""

from datetime import timedelta

from pydantic import Field, PositiveFloat, PositiveInt
from pydantic_settings import SettingsConfigDict

from services.cj_assessment_service.completion import StabilityRule
from services.kit.topics.settings import TopicSettings


class CjAssessmentServiceSettings(TopicSettings):
    """Variables `CJ_ASSESSMENT_SERVICE_…`."""

    model_config = SettingsConfigDict(env_prefix="CJ_ASSESSMENT_SERVICE_")

    port: int = Field(default=9095, ge=0, le=65535)
    comparisons_per_essay: PositiveInt = Field(default=10, le=1000)
    stability_threshold: PositiveFloat = 0.05
    min_comparisons_per_essay: PositiveInt = 5
    # Longer than any scoring takes: who holds it longer is taken for dead, and the scoring is done anew.
    scoring_lease: timedelta = Field(default=timedelta(minutes=2), gt=timedelta(0), le=timedelta(days=1))
    scoring_interval: timedelta = Field(default=timedelta(seconds=30), gt=timedelta(0))

    @property
    def stability_rule(self) -> StabilityRule:
        """When comparing more is not worth it."""
        return StabilityRule(self.stability_threshold, self.min_comparisons_per_essay)
